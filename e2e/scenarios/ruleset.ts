/** nft rulesets as text that is equal when the rulesets are. */

/** `nft -s -t list ruleset` with the objects of each table in order of their names: nft lists them by age. */
export function sorted_ruleset(listing: string): string {
  return listing
    .split(/^(?=table )/m)
    .map(table => {
      const [head = '', ...objects] = table.split(/^(?=\t\w)/m);
      return (
        head +
        objects
          .map(object => object.replace(/\n\}\s*$/, '\n').trimEnd())
          .sort()
          .join('\n')
      );
    })
    .sort()
    .join('\n');
}
