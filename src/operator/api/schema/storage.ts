import { z } from 'zod'
import { field, objectName, quantity } from './fields.ts'

const SAME_CLASS = [
  'has(self.storageClassName) == has(oldSelf.storageClassName)',
  '(!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)',
].join(' && ')

/** The volume of each server. */
export const storage = field(
  z
    .object({
      size: quantity(
        'The size of each server’s volume; growth reaches the volumes where the class allows it',
        '10Gi',
        [
          {
            rule: 'quantity(string(self)).compareTo(quantity("64Mi")) >= 0',
            message: 'servers.storage.size is at least 64Mi',
          },
          {
            rule: 'quantity(string(self)).compareTo(quantity(string(oldSelf))) >= 0',
            message: 'servers.storage.size may grow but not shrink',
          },
        ],
      ),
      storageClassName: field(
        objectName.optional(),
        'The StorageClass of the volumes; the default class unless given',
      ),
      retain: field(
        z.boolean().default(true),
        'Whether the volumes, and all messages with them, stay when the resource is deleted',
      ),
      allowNetworkFileSystem: field(
        z.boolean().default(false),
        'Insist on volumes of a network file system, which may lose what it said was written',
      ),
    })
    .prefault({}),
  'The volume of each server',
  {
    rules: [
      {
        rule: SAME_CLASS,
        message: 'servers.storage.storageClassName cannot change: volumes cannot move to another class',
        fieldPath: '.storageClassName',
      },
    ],
  },
)
