import tailwindcss from '@tailwindcss/vite';
import vue from '@vitejs/plugin-vue';
import { defaultClientConditions, defineConfig } from 'vite';

const server = 'https://127.0.0.1:7443';
/** The server takes changes and sockets from its own origin only. */
const proxied = { target: server, secure: false, headers: { origin: server } };

export default defineConfig({
  plugins: [vue(), tailwindcss()],
  resolve: { conditions: ['source', ...defaultClientConditions] },
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
  },
  build: { target: 'es2022', assetsInlineLimit: 0, manifest: true },
  server: { proxy: { '/api': proxied, '/engine': proxied, '/socket.io': { ...proxied, ws: true } } },
});
