/**
 * A profile that lets one program make user namespaces where AppArmor keeps them from everybody else (Ubuntu since
 * 23.10), and confines it in no other way. What the program starts inherits it.
 *
 * @param program path of node
 */
export function apparmorProfile(program: string): string {
  return `# /etc/apparmor.d/sallyport
# sudo apparmor_parser --replace /etc/apparmor.d/sallyport
abi <abi/4.0>,
include <tunables/global>

profile sallyport "${program.replaceAll(/["\\*?[\]{}^]/g, (character) => `\\${character}`)}" flags=(unconfined) {
  userns,
  include if exists <local/sallyport>
}
`
}
