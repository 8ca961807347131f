/**
 * STUN, TURN, NAT discovery, hole punching and uTP will be here. Nothing is yet: the package exists so that its
 * place among the others is checked from the start. README.md says what is planned.
 */
export {}
