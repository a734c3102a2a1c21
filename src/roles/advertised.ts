/** The address that a process gives to others: its `ADVERTISE`, with the port that it listens at unless that has one. */
export function advertised(advertise: string, port: number): string {
  return advertise.startsWith('tcp://') ? advertise : `tcp://${advertise}:${port}`
}
