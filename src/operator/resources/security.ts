/** The user of the image. */
const USER = 65_532

/** Of the pod: the standard `restricted`, and a volume whose files are handed over only when they must be. */
export function podSecurity(): Readonly<Record<string, unknown>> {
  return {
    runAsNonRoot: true,
    runAsUser: USER,
    runAsGroup: USER,
    fsGroup: USER,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  }
}

export function containerSecurity(): Readonly<Record<string, unknown>> {
  return {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  }
}
