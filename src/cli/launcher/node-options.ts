import { fileURLToPath } from 'node:url'

/**
 * How Node runs a role. What is in the image says the same (Dockerfile).
 * - A small nursery: what is under way lives longer than any, and a large one only holds more memory, no faster.
 * - Messages lie outside V8's heap. By itself V8 collects the whole heap for each 64 MiB of them, several times a second at
 *   load; counted as a part of the heap they have it collected once all together has grown by 70 %. At 100 %
 *   a server with a million operations stored holds 30 MiB more, and does some 3 % more at full speed.
 * - What handles one message at a time runs some hundred times a second, too seldom for V8 to compile it soon: half of a server's
 *   main thread goes to unoptimised code in its first minutes. All is compiled at its first call, and optimised after a quarter to
 *   a third of the usual number of calls; after fewer still, an idle process would only compile.
 */
export const ROLE_OPTIONS = [
  '--max-semi-space-size=8',
  '--external-memory-accounted-in-global-limit',
  '--heap-growing-percent=70',
  '--always-sparkplug',
  '--no-lazy-feedback-allocation',
  '--invocation-count-for-maglev=100',
  '--invocation-count-for-turbofan=1000',
] as const

/**
 * What a role finds in its environment beside its settings, unless that is there already. The image says the same.
 * - One arena for the C library's memory: with one for each thread what one thread gave back lies there unused while another's
 *   grows, and a server with a million operations held 420 MiB after load instead of 300.
 */
export const ROLE_ENVIRONMENT = { MALLOC_ARENA_MAX: '1' } as const

/**
 * Where Node keeps what it compiled, for the next start: that then takes half the time, and some 15 MiB less. Beside the packages,
 * so that nobody else can put code there; where it cannot be written, Node does without. The image holds no such folder.
 */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../../node_modules/.cache/recado', import.meta.url)),
} as const
