/** Keys as text: certificates, lists, Z85. No files, no sockets: who makes keys elsewhere writes them so too. */
export { parseCertificate, renderCertificate } from './certificate.ts'
export { isKey, type ListedKey, parseKeyList, renderKeyList } from './key-list.ts'
export { decodeZ85, encodeZ85 } from './z85.ts'
