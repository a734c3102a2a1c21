import type { Stage } from '../stage.ts'
import { EXTRA_SERVERS } from './profile.ts'
import type { Fault } from './steps.ts'

/** One more server is wanted: a new one, or one that was taken away before and comes back as new. */
export const addServer: Fault = (at, dice, { profile }) => {
  const comesBack = dice.share(0.3)
  return [
    {
      at,
      text: 'one more server is wanted',
      can: ({ wanted }) => wanted.length < profile.servers + EXTRA_SERVERS,
      run: (stage) => stage.want([...stage.wanted, newcomer(stage, comesBack)]),
    },
  ]
}

export const removeServer: Fault = (at, dice) => {
  const place = dice.between(0, 1)
  return [
    {
      at,
      text: 'one server less is wanted',
      can: ({ wanted }) => wanted.length > 1,
      run: (stage) => {
        const name = stage.wanted[Math.floor(place * stage.wanted.length)]
        stage.want(stage.wanted.filter((each) => each !== name))
      },
    },
  ]
}

function newcomer({ cluster, wanted }: Stage, comesBack: boolean): string {
  const gone = cluster.servers.find(({ name, removed }) => removed && !wanted.includes(name))
  return comesBack && gone !== undefined ? gone.name : `server-${cluster.servers.length + 1}`
}
