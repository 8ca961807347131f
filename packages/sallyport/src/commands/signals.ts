/** Signals that a server obeys, from the first moment on: what comes while it starts is done when it has. */
export class Signals implements Disposable {
  readonly #handlers: readonly (readonly [NodeJS.Signals, () => void])[]
  readonly #early = new Set<NodeJS.Signals>()
  #obey: (signal: NodeJS.Signals) => void = (signal) => this.#early.add(signal)

  constructor(signals: readonly NodeJS.Signals[]) {
    this.#handlers = signals.map((signal) => [signal, () => this.#obey(signal)])
    for (const [signal, handler] of this.#handlers) process.on(signal, handler)
  }

  /** Whoever obeys from now on gets those first that came before. */
  obey(obey: (signal: NodeJS.Signals) => void): void {
    this.#obey = obey
    for (const signal of this.#early) obey(signal)
    this.#early.clear()
  }

  [Symbol.dispose](): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler)
  }
}
