/** A client of one cluster that acts for one of its users after the other. Its promises reject with a RecadoError. */
export interface UserClient {
  login(user: string, options: { readonly secret: string }): Promise<void>
  createChannel(channel: string, options: { readonly members: readonly string[] }): Promise<void>
  invite(channel: string, member: string): Promise<void>
  leave(channel: string): Promise<void>
  close(): Promise<void>
}
