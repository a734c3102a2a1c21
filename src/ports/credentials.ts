/** What proves who a user is: secrets, kept as what checks them, and tokens signed under the cluster's key. */
export interface Credentials {
  /** What checks this secret later and does not tell it. Takes tens of ms of another thread. */
  verifierOf(secret: string): Promise<string>
  matches(secret: string, verifier: string): Promise<boolean>
  /** The signature of a text under the cluster's key of now: letters that may stand in a topic. */
  sign(text: string): string
  /** Whether a text was signed so, now or before the last rotation. */
  isSigned(text: string, signature: string): boolean
  /** Another number whenever the cluster's keys have changed: what was signed may not be any more. */
  generation(): number
}
