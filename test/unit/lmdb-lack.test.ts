import { expect, it } from 'vitest'
import { lackAt } from '../../src/adapters/lmdb.ts'

it.each(['EMFILE', 'ENOSPC', 'EACCES', 12, 28])(
  'lackAt takes %s for what the system lacks, store_not_opened: the store is not to be set aside for it',
  (code) => {
    const error = Object.assign(new Error('No more of it'), { code })

    expect(lackAt(error, '/data')).toMatchObject({
      code: 'store_not_opened',
      message: 'Cannot open the store in /data: No more of it; give the process what it lacks',
      cause: error,
    })
  },
)

it.each([undefined, 'EIO', -30_796, 'bad_request'])('lackAt takes %s for something else', (code) => {
  expect(lackAt(Object.assign(new Error('Damaged'), { code }), '/data')).toBeUndefined()
})
