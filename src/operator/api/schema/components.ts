import { z } from 'zod'
import { field } from './fields.ts'
import { storage } from './storage.ts'
import { template } from './template.ts'

const logLevel = field(
  z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  'The least level that is logged',
)

export const servers = field(
  z
    .object({
      replicas: field(
        z.int().min(1).max(9).default(3),
        'How many servers hold every message. An odd number: an even one bears no more failures than one less',
      ),
      storage,
      acks: field(
        z.enum(['one', 'quorum', 'all']).default('quorum'),
        'On whose disks a message is before it is acknowledged, unless the request says: the server’s own, a majority’s, everyone’s',
      ),
      diskReservePercent: field(
        z.int().min(0).max(90).default(10),
        'The part of the volume that stays free, in percent: below it nothing new is accepted',
      ),
      messageBytesMax: field(z.int().min(1).max(524_288).default(262_144), 'The largest message, in bytes'),
      logLevel,
      template: template({ cpu: '200m', memory: '384Mi', memoryLimit: '1Gi' }),
    })
    .prefault({}),
  'The servers: they hold the messages',
)

export const brokers = field(
  z
    .object({
      replicas: field(z.int().min(1).max(20).default(2), 'How many brokers'),
      logLevel,
      template: template({ cpu: '100m', memory: '192Mi', memoryLimit: '512Mi' }),
    })
    .prefault({}),
  'The brokers: they pass requests of clients to servers',
)

export const proxies = field(
  z
    .object({
      replicas: field(z.int().min(1).max(20).default(2), 'How many proxies'),
      logLevel,
      template: template({ cpu: '100m', memory: '192Mi', memoryLimit: '512Mi' }),
    })
    .prefault({}),
  'The proxies: they pass publications to subscribers',
)

export const ref = field(
  z
    .object({
      logLevel,
      template: template({ cpu: '50m', memory: '128Mi', memoryLimit: '384Mi' }),
    })
    .prefault({}),
  'The reference service: it keeps ranks and the list of servers, in one pod; the messaging goes on without it',
)

export const clients = field(
  z
    .object({
      replicas: field(z.int().min(0).max(100).default(0), 'How many automatic clients'),
      rate: field(z.number().min(0).max(100_000).default(1), 'Operations a second of each'),
      channels: field(
        z
          .array(
            z
              .string()
              .regex(/^[A-Za-z0-9._-]{1,64}$/)
              .max(64),
          )
          .min(1)
          .max(64)
          .default(() => ['general', 'news']),
        'The channels that each joins',
        // As a whole: who names one channel does not want the default's others beside it.
        {
          list: 'atomic',
          rules: [
            {
              rule: 'self.all(one, self.exists_one(other, other == one))',
              message: 'every channel is named once',
            },
          ],
        },
      ),
      logLevel,
      template: template({ cpu: '50m', memory: '128Mi', memoryLimit: '384Mi' }),
    })
    .prefault({}),
  'Automatic clients: they publish, send messages and check what they receive; for trials',
)
