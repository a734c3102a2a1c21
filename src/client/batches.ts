const FIXARRAY_MAX = 15

/** One body of encoded requests: a request as it is, several as a MessagePack array of at most 65,535. */
export function joinBodies(bodies: readonly Uint8Array[]): Uint8Array {
  const [only] = bodies
  if (bodies.length === 1 && only !== undefined) return only
  const head =
    bodies.length <= FIXARRAY_MAX ? [0x90 | bodies.length] : [0xdc, bodies.length >> 8, bodies.length & 0xff]
  return Buffer.concat([Uint8Array.from(head), ...bodies])
}
