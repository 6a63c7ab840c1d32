// The content policy of the site asks for Trusted Types: no text becomes markup or the address of a script by itself.

interface Factory {
  createPolicy: (name: string, rules: { createScriptURL: (address: string) => string }) => unknown;
}

/** Lets workers begin from files of this site; of markup nothing is made from texts at all. */
export function trustOwnFiles(): void {
  const factory = (window as unknown as { trustedTypes?: Factory }).trustedTypes;
  factory?.createPolicy('default', {
    createScriptURL: (address) => {
      if (new URL(address, window.location.href).origin === window.location.origin) return address;
      throw new TypeError(`${address} is no script of this site`);
    },
  });
}
