/** Below it the collector has little to do for each, and asking costs as much. */
const BYTES_MIN = 16 * 1024

/**
 * Gives the memory of a received frame back at once; nobody may look at it any more, and it has no bytes then. V8 sees large
 * frames only as a number: beside a flood of them it collected the whole heap four times a second, for 5 to 13 ms each.
 */
export function letGo(frame: Uint8Array): void {
  const { buffer, byteLength } = frame
  // What is a part of something else stays.
  if (byteLength < BYTES_MIN || buffer.byteLength !== byteLength || !(buffer instanceof ArrayBuffer)) return
  buffer.transfer(0)
}
