/** The settings of every role: environment variables, read strictly. docs/configuration.md is made from this table. */
export { describeSettings, type SettingRow } from './describe.ts'
export { isAddress, isProxy } from './fields.ts'
export { proxyAddresses } from './proxies.ts'
export {
  type BrokerConfig,
  type ClientConfig,
  type ConfigOf,
  type Environment,
  type Machine,
  type OperatorConfig,
  type ProxyConfig,
  type RefConfig,
  readConfig,
  readRole,
  type ServerConfig,
} from './read.ts'
export { ROLE_NAMES, type Role } from './schemas.ts'
