import type { Memory } from './types.ts'

/** What a store remembers before anything was remembered. */
export const EMPTY_MEMORY: Memory = {
  incarnation: 0,
  intact: false,
  lease: 0,
  rank: 0,
  voters: { epoch: 0, names: [] },
  peers: {},
  heard: {},
}
