// Builds utrecht.css: the NL Design System components we use, with only the design tokens they reach.
//
//   npm ci --ignore-scripts && node build.mjs            writes utrecht.css, the fonts and the licences
//   npm ci --ignore-scripts && node build.mjs --check    fails when the committed files differ from what would be written
//
// The result is committed, so a cargo build needs neither npm nor the network.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const style = dirname(here);
const fonts = join(dirname(style), "public", "fonts");

const COMPONENTS = [
  "root", "body", "document",
  "page-layout", "page-header", "page-body", "page-content", "page-footer",
  "skip-link", "nav-bar", "nav-list", "breadcrumb-nav",
  "heading-1", "heading-2", "heading-3", "heading-4", "paragraph", "link",
  "unordered-list", "ordered-list", "code",
  "form-field", "form-fieldset", "form-label", "form-field-description", "form-field-error-message",
  "textbox", "textarea", "select", "radio-button", "checkbox",
  "button", "button-group", "link-button", "button-link",
  "alert", "table", "pagination", "status-badge", "data-list",
];

const TOKENS = "@nl-design-system-community/ma-design-tokens/dist";
// `:where` gives every token block the same zero weight, so that ours and a deployment's own theme come simply after it.
const LIGHT = ":where(.ma-theme)";
// Dark is for screens only: paper stays black on white. The cookie's choice wins from the system's.
const DARK = [
  ["@media screen and (prefers-color-scheme: dark)", ':where(.ma-theme:not([data-kleur="licht"]))'],
  ["@media screen", ':where(.ma-theme[data-kleur="donker"])'],
];

const COPIES = [
  ["@fontsource-variable/noto-sans/files/noto-sans-latin-wght-normal.woff2", join(fonts, "noto-sans-latin.woff2")],
  ["@fontsource-variable/noto-sans/files/noto-sans-latin-ext-wght-normal.woff2", join(fonts, "noto-sans-latin-ext.woff2")],
  ["@fontsource-variable/noto-sans/LICENSE", join(fonts, "LICENSE-OFL.txt")],
  ["@utrecht/component-library-css/LICENSE.md", join(here, "LICENSES", "utrecht-component-library-css.md")],
  ["@nl-design-system-community/ma-design-tokens/LICENSE.md", join(here, "LICENSES", "ma-design-tokens.md")],
];

const read = (path) => readFileSync(path, "utf8");

/** The custom properties a piece of CSS asks for. */
function asked(css) {
  return new Set([...css.matchAll(/var\(\s*(--[\w-]+)/g)].map((match) => match[1]));
}

/** The declarations of a token file, in file order. */
function tokens(file) {
  const css = read(join(modules, TOKENS, file)).replace(/\/\*[\s\S]*?\*\//g, "");
  return new Map([...css.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map((match) => [match[1], match[2].trim()]));
}

/** Every token reached from `roots`, through light and dark values alike. */
function reached(roots, ...themes) {
  const seen = new Set();
  const queue = [...roots];
  while (queue.length > 0) {
    const name = queue.pop();
    if (seen.has(name)) continue;
    seen.add(name);
    for (const theme of themes) queue.push(...asked(theme.get(name) ?? ""));
  }
  return seen;
}

function block(selector, declarations) {
  return `${selector} {\n${declarations.map(([name, value]) => `  ${name}: ${value};`).join("\n")}\n}\n`;
}

function minify(css) {
  const dir = mkdtempSync(join(tmpdir(), "cims-style-"));
  try {
    const input = join(dir, "in.css");
    writeFileSync(input, css);
    // The platform's own package: works with `npm ci --ignore-scripts` too.
    const platform = readdirSync(modules).find((name) => name.startsWith("lightningcss-cli-"));
    const bin = join(modules, platform, "lightningcss");
    return execFileSync(bin, ["--minify", input], { encoding: "utf8", maxBuffer: 16 << 20 });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function build() {
  const components = COMPONENTS.map((name) =>
    read(join(modules, "@utrecht", `${name}-css`, "dist", "index.css")).replace(/@charset "UTF-8";/g, ""),
  ).join("\n");
  const partials = readdirSync(style).filter((name) => name.endsWith(".css")).map((name) => read(join(style, name)));
  // The content security policy allows images from our own address only.
  if (components.includes("url(")) throw new Error("a component brings an image of its own");
  const light = tokens("theme.css");
  const dark = tokens("color-scheme-dark/theme.css");
  const keep = reached(asked(components + partials.join("\n")), light, dark);
  const kept = (theme) => [...theme].filter(([name]) => keep.has(name));
  // A dark token equal to the light one says nothing: both blocks stand on the same element.
  const darker = kept(dark).filter(([name, value]) => light.get(name) !== value);
  const css = [
    block(LIGHT, kept(light)),
    ...DARK.map(([media, selector]) => `${media} {\n${block(selector, darker)}}\n`),
    components,
  ].join("\n");
  const versions = Object.entries(JSON.parse(read(join(here, "package.json"))).devDependencies)
    .filter(([name]) => name.startsWith("@utrecht") || name.startsWith("@nl-design"))
    .map(([name, version]) => `${name} ${version}`);
  return `@charset "UTF-8";\n/*! ${versions.join(", ")}; EUPL-1.2; trimmed by build.mjs, see NOTICE */\n${minify(css).trim()}\n`;
}

const outputs = [
  [join(here, "utrecht.css"), Buffer.from(build())],
  ...COPIES.map(([from, to]) => [to, readFileSync(join(modules, from))]),
];

if (process.argv.includes("--check")) {
  const same = (path, content) => {
    try { return readFileSync(path).equals(content); } catch { return false; }
  };
  const stale = outputs.filter(([path, content]) => !same(path, content)).map(([path]) => path);
  if (stale.length > 0) {
    console.error(`differs from the packages; run node build.mjs and commit:\n  ${stale.join("\n  ")}`);
    process.exit(1);
  }
  console.log("style/vendor is what its packages give");
} else {
  for (const [path, content] of outputs) writeFileSync(path, content);
  const css = outputs[0][1];
  console.log(`utrecht.css ${css.length} bytes, ${gzipSync(css).length} gzipped`);
}
