/** Fill the placeholders of a configured path (`{user}`, `{home}`); the schema has made sure that they are known. */
export function expand(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for ${placeholder} in ${template}`);
    return value;
  });
}
