// Loaded by app/style/latchkey.css. Classes are only ever written in the Rust
// sources of `app`, so nothing else is scanned.
/** @type {import('tailwindcss').Config} */
module.exports = {
  content: { relative: true, files: ["./app/src/**/*.rs"] },
  theme: { extend: {} },
};
