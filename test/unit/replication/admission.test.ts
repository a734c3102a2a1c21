import { describe, expect, it } from 'vitest'
import { Admission } from '../../../src/replication/admission.ts'
import { Peer } from '../../../src/replication/peer.ts'
import { Voting } from '../../../src/replication/voting.ts'

/** Server `a`, in its life 1, whose only fellow voter `b` is heard all the time and has caught up. */
function admissionOfA() {
  const b = new Peer('b', '', 1, new Map())
  b.state = 'up'
  const admission = new Admission({
    self: 'a',
    time: { monotonic: () => Math.max(0, b.heardAt), wall: () => 0 },
    heartbeatTimeoutMs: 3000,
    voting: new Voting({ epoch: 1, names: ['a', 'b'] }),
    peers: { get: () => b },
    incarnation: () => 1,
  })
  b.heardAt = 10_000
  return { admission, b }
}

/** Server `a`, in its life 1, which starts at 0 ms; whose only fellow voter is `b`. */
function admissionBeside(b: Peer | undefined) {
  const clock = { now: 0 }
  const admission = new Admission({
    self: 'a',
    time: { monotonic: () => clock.now, wall: () => 0 },
    heartbeatTimeoutMs: 3000,
    voting: new Voting({ epoch: 1, names: ['a', 'b'] }),
    peers: { get: () => b },
    incarnation: () => 1,
  })
  return { admission, clock }
}

describe('Admission', () => {
  it('is granted by a voter that counts this life', () => {
    const { admission, b } = admissionOfA()
    expect(admission.granted).toBe(false)
    b.countsMe = 1
    expect(admission.granted).toBe(true)
  })

  it('is granted by a voter that hears too few to make anything final, until that hears enough', () => {
    const { admission, b } = admissionOfA()
    b.alone = true
    expect(admission.granted).toBe(true)
    b.alone = false
    expect(admission.granted).toBe(false)
  })

  it('is granted after it stood still by what a voter says in its answer, not by what it said before', () => {
    const { admission, b } = admissionOfA()
    b.alone = true
    admission.restart(1)
    expect(admission.granted).toBe(false)
    b.answers = 1
    expect(admission.granted).toBe(true)
  })

  it('is granted beside a silent voter only once that could have been heard for a heartbeat timeout', () => {
    const b = new Peer('b', '', 1, new Map())
    const { admission, clock } = admissionBeside(b)
    clock.now = 8999
    expect(admission.granted).toBe(false)

    // Ref, which had lost its file, tells where it is.
    b.address = 'tcp://b:5560'
    expect(admission.granted).toBe(false)
    clock.now = 11_998
    expect(admission.granted).toBe(false)
    clock.now = 11_999
    expect(admission.granted).toBe(true)
  })

  it('is granted beside a voter that was heard and is silent after one heartbeat timeout, whatever its address', () => {
    const b = new Peer('b', '', 1, new Map())
    const { admission, clock } = admissionBeside(b)
    Object.assign(b, { state: 'up', heardAt: 1000 })
    clock.now = 1000
    expect(admission.granted).toBe(false)
    b.toldDown = true
    expect(admission.granted).toBe(false)
    clock.now = 4000
    expect(admission.granted).toBe(true)
  })

  it('is granted beside a voter whose address nobody knows when ref calls it down', () => {
    const b = new Peer('b', '', 1, new Map())
    const { admission } = admissionBeside(b)
    expect(admission.granted).toBe(false)
    b.toldDown = true
    expect(admission.granted).toBe(true)
  })

  it('is granted beside a voter of which nobody tells after three heartbeat timeouts', () => {
    const { admission, clock } = admissionBeside(undefined)
    clock.now = 8999
    expect(admission.granted).toBe(false)
    clock.now = 9000
    expect(admission.granted).toBe(true)
  })
})
