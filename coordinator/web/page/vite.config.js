/* One page, one script, one style sheet, under names that do not change: what the C build embeds. `npm run dev` passes
 * /api on to a rungd, http://127.0.0.1:7080 unless RUNG_WEB says otherwise. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: true,
    rolldownOptions: {
      output: { entryFileNames: "page.js", assetFileNames: "page[extname]", codeSplitting: false },
    },
  },
  server: { proxy: { "/api": process.env.RUNG_WEB || "http://127.0.0.1:7080" } },
});
