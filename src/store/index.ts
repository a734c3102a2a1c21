/** A server's set of operations on its disk, and the files that show it. */

export { PROJECTED_FILES } from './projected-files.ts'
export { type Restored, type RestoreOptions, restore } from './restore.ts'
export { openStore } from './store.ts'
export type {
  HistoryPage,
  HistoryQuery,
  Memory,
  Store,
  StoreEvents,
  StoreOptions,
  UserSecret,
} from './types.ts'
