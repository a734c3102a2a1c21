/** A page with the text between a section's marks replaced by this one. Throws when the page has no such section. */
export function replaceSection(page: string, name: string, command: string, text: string): string {
  const begin = `<!-- Begin of ${name}: written by ${command}, do not edit -->`
  const end = `<!-- End of ${name} -->`
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`The page has no section between "${begin}" and "${end}"`)
  return `${page.slice(0, from)}${begin}\n\n${text.trim()}\n\n${page.slice(to)}`
}
