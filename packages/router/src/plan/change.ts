/** What a change is about. `mapping` is a learned element that the new config contradicts, `flow` a conntrack entry. */
export type ChangeKind = 'table' | 'chain' | 'set' | 'element' | 'rule' | 'object' | 'mapping' | 'sysctl' | 'flow'

/** One line of `sallyport plan`. */
export interface Change {
  readonly op: 'add' | 'delete' | 'change'
  readonly kind: ChangeKind
  /** Names the object as its table does: `filter_input #3`, `forwards { tcp . 6881 }`, `net.ipv4.ip_forward = 1`. */
  readonly name: string
}
