/** How the operator speaks with the API server: plain requests, watches into a cache, a queue, a Lease, Events. */
export { HttpKubeApi } from './api.ts'
export { Requests } from './requests.ts'
