import { beforeEach, describe, expect, it } from 'vitest'
import { type Held, Recorder } from '../support/recorder.ts'

let recorder: Recorder

beforeEach(() => {
  recorder = new Recorder()
  recorder.begin('ana', 0)
  recorder.begin('rui', 0)
})

function publications(...texts: readonly string[]): Held[] {
  return texts.map((text) => ({ text, kind: 'publication' }))
}

describe('tally', () => {
  it('finds nothing wrong when files and subscriber have each text once', () => {
    recorder.acknowledge('ana', 'ana 1 1', 10)
    recorder.receive('ana 1 1')

    expect(recorder.tally(publications('ana 1 1'))).toEqual({
      acknowledged: 1,
      unknown: 0,
      lost: [],
      doubled: [],
      invented: [],
      misplaced: [],
    })
  })

  it('counts as lost what was acknowledged and is not in the files, or was never told', () => {
    for (const text of ['ana 1 1', 'ana 1 2', 'ana 1 3']) recorder.acknowledge('ana', text, 10)
    for (const text of ['ana 1 1', 'ana 1 2']) recorder.receive(text)

    expect(recorder.tally(publications('ana 1 1', 'ana 1 3')).lost).toEqual(['ana 1 2', 'ana 1 3'])
  })

  it('takes an unknown outcome either way', () => {
    for (const text of ['ana 1 1', 'ana 1 2']) recorder.giveUp(text)
    recorder.receive('ana 1 1')

    const tally = recorder.tally(publications('ana 1 1'))

    expect(tally).toMatchObject({ acknowledged: 0, unknown: 2, lost: [], doubled: [], invented: [] })
  })

  it('counts as doubled what the files hold twice, and what was told twice', () => {
    for (const text of ['ana 1 1', 'ana 1 1', 'ana 1 2']) recorder.receive(text)

    expect(recorder.tally(publications('ana 1 1', 'ana 1 2', 'ana 1 2')).doubled).toEqual([
      'ana 1 2',
      'ana 1 1',
    ])
  })

  it('finds what was told and is not in the files', () => {
    recorder.receive('ana 1 1')

    expect(recorder.tally([]).invented).toEqual(['ana 1 1'])
  })

  it('finds what stands before an earlier text of its worker in one file, and nothing across files', () => {
    const held: Held[] = [
      ...publications('ana 1 2', 'rui 1 1', 'ana 1 9', 'ana 1 10', 'ana 1 3'),
      { text: 'ana 1 1', kind: 'message' },
    ]

    expect(recorder.tally(held).misplaced).toEqual(['ana 1 3'])
  })
})

describe('longestGap', () => {
  it('is the longest time of any one client, whatever the others were told meanwhile', () => {
    recorder.acknowledge('ana', 'ana 1 1', 100)
    for (let at = 10; at <= 1000; at += 10) recorder.acknowledge('rui', `rui 1 ${at}`, at)
    recorder.acknowledge('ana', 'ana 1 2', 950)

    expect(recorder.longestGap(1000)).toBe(850)
  })

  it('counts the time before a client’s first acknowledgement, and that since its last', () => {
    recorder.acknowledge('rui', 'rui 1 1', 400)

    expect(recorder.longestGap(600)).toBe(600)
    recorder.acknowledge('ana', 'ana 1 1', 600)
    expect(recorder.longestGap(1300)).toBe(900)
  })
})

it('missingIn gives what was acknowledged and is not among the texts', () => {
  for (const text of ['ana 1 1', 'ana 1 2']) recorder.acknowledge('ana', text, 10)

  expect(recorder.missingIn(new Set(['ana 1 2']))).toEqual(['ana 1 1'])
})
