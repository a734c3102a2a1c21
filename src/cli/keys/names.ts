/** The name of the client's key that belongs to whoever started a system, and to its bots. */
export const LOCAL_CLIENT = 'local'
