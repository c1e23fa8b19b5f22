import { contractVersion } from '@gantry/contract';
import tailwindcss from '@tailwindcss/vite';
import vue from '@vitejs/plugin-vue';
import { defaultClientConditions, defineConfig } from 'vite';

const server = 'https://127.0.0.1:7443';
/** The server takes changes and sockets from its own origin only. */
const proxied = { target: server, secure: false, headers: { origin: server } };

/**
 * What every page has, and what every page of the shell has besides: one file is smaller than twenty (they share what repeats), and is asked for once.
 * Without it the bundler makes a file of each part that two pages share.
 */
const groups = [
  {
    ...{ name: 'base', priority: 2 },
    test: /\/node_modules\/(@vue|vue|vue-router|pinia|clsx|class-variance-authority)\/|lucide[^/]*\/.*\/(createLucideIcon|Icon|context|defaultAttributes)\.|\/icons\/(check|x)\.\w+$|\/src\/i18n\/\w+\.ts|\/src\/format\/times\.ts|\/src\/api\/(session|call|routes)\.ts|\/src\/shell\/reload-offer\.ts|\/src\/ui\/Ui(Button|Spinner|Logo|Field|Input)\.vue/,
  },
  {
    ...{ name: 'shell-parts', priority: 1 },
    test: /\/src\/(fleet|format)\/|\/src\/ui\/(StateGlyph|UiKbd|UiMenu|UiMenuItem|menu|spark-path|UiCheckbox|UiSearch)\.|\/src\/shell\/(navigation|use-scope|use-address|dock|SidebarContent)\.|\/terminal\/terminals\.ts|\/containers\/saved-views/,
  },
];

export default defineConfig({
  plugins: [vue(), tailwindcss()],
  resolve: { conditions: ['source', ...defaultClientConditions] },
  define: {
    __CONTRACT_VERSION__: JSON.stringify(contractVersion()),
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
  },
  build: {
    ...{ target: 'es2022', assetsInlineLimit: 0, manifest: true },
    rolldownOptions: { output: { codeSplitting: { groups } } },
  },
  server: { proxy: { '/api': proxied, '/engine': proxied, '/socket.io': { ...proxied, ws: true } } },
});
