export interface Chance {
  /** A number from 0 up to, not including, 1. */
  next(): number
}
