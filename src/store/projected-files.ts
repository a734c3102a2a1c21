/** The files that servers must hold alike. */
export const PROJECTED_FILES = ['publications.jsonl', 'messages.jsonl', 'registry.json'] as const
