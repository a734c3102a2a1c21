import { z } from 'zod'
import { field, labels } from './fields.ts'

export const monitoring = field(
  z
    .object({
      annotations: field(
        z.boolean().default(true),
        'Whether pods have the annotations prometheus.io/scrape, port and path',
      ),
      monitors: field(z.boolean().default(true), 'Whether a PodMonitor is made, where its kind exists'),
      rules: field(
        z.boolean().default(true),
        'Whether a PrometheusRule is made, where its kind exists; its alerts are about what the PodMonitor scrapes, so not without that',
      ),
      alertDelayPercent: field(
        z.int().min(0).max(1000).default(100),
        'How long alerts wait before they fire, in percent of what is usual',
      ),
      labels: labels('Labels of the PodMonitor and the PrometheusRule, for a Prometheus that looks for some'),
      interval: field(
        z
          .string()
          .max(8)
          .regex(/^[1-9][0-9]{0,4}(s|m)$/)
          .default('30s'),
        'How often the PodMonitor has the pods scraped',
      ),
    })
    .prefault({}),
  'What Prometheus is told of the cluster',
)
