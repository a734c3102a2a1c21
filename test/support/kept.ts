import { afterEach } from 'vitest'

interface Closable {
  close(): Promise<void> | void
}

const open: Closable[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

/** What is opened in a test, to be closed when that ends. */
export function kept<Kept extends Closable>(each: Kept): Kept {
  open.push(each)
  return each
}
