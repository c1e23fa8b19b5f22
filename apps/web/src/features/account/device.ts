export interface Device {
  /** "Firefox · Linux"; empty where nothing is recognised. */
  readonly name: string;
  readonly isPhone: boolean;
}

/** The order matters: browsers name those that they descend from as well. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/(Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/Safari\//, 'Safari'],
  [/^curl\//, 'curl'],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
];

/** What a person would call the device that a browser's own name stands for. */
export function deviceOf(userAgent: string): Device {
  const named = [browsers, systems].map((table) => table.find(([pattern]) => pattern.test(userAgent))?.[1]);
  return { name: named.filter((part) => part !== undefined).join(' · '), isPhone: /Mobile|iPhone|Android/.test(userAgent) };
}
