/** The whole run (`npm run test:hostile`) rather than the short one among the other tests. */
export const FULL = process.env['HOSTILE'] === 'full'
/** The same seed sends the same. */
export const SEED = Number(process.env['HOSTILE_SEED'] ?? 1 + Math.floor(Math.random() * 1e9))
