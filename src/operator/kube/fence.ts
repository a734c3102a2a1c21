import { type KubeApi, KubeError } from '../../ports/index.ts'

/** The API for who may write only while `isOpen`: whoever stands still and wakes late writes nothing over another. */
export function fenced(api: KubeApi, isOpen: () => boolean): KubeApi {
  const guard = <Arguments extends unknown[], Result>(
    write: (...args: Arguments) => Promise<Result>,
  ): ((...args: Arguments) => Promise<Result>) => {
    return async (...args) => {
      if (!isOpen()) throw new KubeError(0, 'NotLeading', 'This operator does not lead any more')
      return write(...args)
    }
  }
  return {
    get: (kind, key) => api.get(kind, key),
    list: (kind, options) => api.list(kind, options),
    apply: guard((kind, object) => api.apply(kind, object)),
    applyStatus: guard((kind, object) => api.applyStatus(kind, object)),
    create: guard((kind, object) => api.create(kind, object)),
    replace: guard((kind, object) => api.replace(kind, object)),
    merge: guard((kind, key, patch) => api.merge(kind, key, patch)),
    delete: guard((kind, key, options) => api.delete(kind, key, options)),
    evict: guard((key, options) => api.evict(key, options)),
  }
}
