/** The three questions that the kubelet asks a process, at its port of HTTP. */
export function probes(): Readonly<Record<string, unknown>> {
  return {
    // Lasts through the recovery of a large store: half an hour. The other two wait for it.
    startupProbe: { ...ask('/startz'), periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 900 },
    // Whether the loop turns, and nothing else: no other process's failure may restart this one.
    livenessProbe: { ...ask('/livez'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    readinessProbe: { ...ask('/readyz'), periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3 },
  }
}

function ask(path: string): Readonly<Record<string, unknown>> {
  return { httpGet: { path, port: 'http', scheme: 'HTTP' } }
}
