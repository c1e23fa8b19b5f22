// For typescript-eslint, which cannot read .vue files; vue-tsc finds the real ones first.
declare module '*.vue' {
  import type { DefineComponent } from 'vue';

  const component: DefineComponent;
  // eslint-disable-next-line no-restricted-exports
  export default component;
}
