import { expect, it } from 'vitest'
import { Feeds } from '../../src/client/feeds.ts'

it('feeds open no socket once they are closed', async () => {
  const opened: string[] = []
  const feeds = new Feeds({
    open: (address) => {
      opened.push(address)
      return { subscribe() {}, unsubscribe() {}, receive() {}, close: () => Promise.resolve() }
    },
    turn: 0,
    heard() {},
  })
  feeds.setProxies(['tcp://10.0.0.2:5558'])
  await feeds.close()
  feeds.listen('channel/news/', () => {})
  feeds.setProxies(['tcp://10.0.0.3:5558'])
  feeds.moveOn()

  expect(opened).toEqual([])
})
