import { makeKey, makeKeyPair } from '../adapters/keys/index.ts'
import { openKubeTransport } from '../adapters/kubernetes/index.ts'
import { openDealer } from '../adapters/zeromq/index.ts'
import { connect } from '../client/index.ts'
import type { OperatorConfig } from '../config/index.ts'
import { createReconciler, Operator } from '../operator/index.ts'
import type { StartRole } from './types.ts'

/** Composes an operator. Ready once it knows all MessagingClusters and what belongs to them, whether it leads or not. */
export const start: StartRole<OperatorConfig> = async (context) => {
  const { config, readiness } = context
  const transport = await openKubeTransport(config)
  const operator = new Operator({
    ...context,
    ...config,
    transport,
    lease: { namespace: config.podNamespace, name: config.leaseName },
    createReconciler: (parts) =>
      createReconciler({
        ...parts,
        openDealer,
        openClient: ({ requests, publications }, pass) =>
          connect({ brokers: [requests], proxies: [publications], pass, log: context.log }),
        makeKeys: { key: makeKey, pair: makeKeyPair },
        image: config.operatorImage,
        imagePullPolicy: config.operatorImagePullPolicy,
        operatorNamespace: config.podNamespace,
      }),
  })
  readiness('watches', () => operator.readiness())
  operator.start()
  return {
    async stop() {
      await operator.stop()
      transport.close()
    },
  }
}
