import type { KubeObject } from '../../ports/index.ts'

/** The image that a workload's pods run. */
export function imageOf(workload: KubeObject | undefined): string | undefined {
  const spec = workload?.['spec'] as
    | { template?: { spec?: { containers?: readonly { image?: string }[] } } }
    | undefined
  return spec?.template?.spec?.containers?.[0]?.image
}
