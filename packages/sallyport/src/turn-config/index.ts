export { loadServerConfig, type ServerConfig, type Sources } from './config.ts'
export { type Kind, keysOf } from './read-draft.ts'
export { needRestart } from './restart.ts'
export { checkAddresses, type Machine, settingsOf } from './settings.ts'
