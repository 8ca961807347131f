// How documents are read is the router's: positions, suggestions, all mistakes at once.
export {
  checkMap,
  childPath,
  describe,
  type Entry,
  isMap,
  Node,
  Problems,
  quote,
  readValue,
  readYaml,
} from '@sallyport/router/document'
