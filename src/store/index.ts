/** A server's set of operations on its disk, and the files that show it. */
export { type Restored, type RestoreOptions, restore } from './restore.ts'
export { openStore } from './store.ts'
export type { HistoryPage, HistoryQuery, Memory, Store, StoreEvents, StoreOptions } from './types.ts'
export { type Difference, firstDifference, PROJECTED_FILES } from './verify.ts'
