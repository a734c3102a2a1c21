/** What the operator does for users as a client of their cluster. */
export type { UserClient } from './user-client.ts'
export { UserKeeper, type UserProgress, type WantedUser } from './user-keeper.ts'
