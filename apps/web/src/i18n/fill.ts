/**
 * Fills `{name}` in a message. Forms are parted by ` | `: the first is for one, the last for all others; a message with one form is for every count.
 * A name that was not given stays as it is, so that it is seen.
 */
export function fill(message: string, values: Readonly<Record<string, string | number>>, locale: string): string {
  const forms = message.split(' | ');
  const form = (values['count'] === 1 ? forms[0] : forms.at(-1)) ?? message;
  return form.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    return typeof value === 'number' ? value.toLocaleString(locale) : (value ?? place);
  });
}
