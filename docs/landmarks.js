// What screen readers and keyboards need beside the theme: names for landmarks, and focus for what can be scrolled.
document$.subscribe(() => {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  for (const nav of document.querySelectorAll("nav.md-nav nav.md-nav, nav.md-code__nav")) {
    nav.setAttribute("role", "none");
    nav.removeAttribute("aria-label");
    nav.removeAttribute("aria-labelledby");
    nav.removeAttribute("aria-expanded");
  }
  const boxes = ".md-typeset__scrollwrap, pre, pre > code, table.catlearn, math[display=block], div[style*='overflow-x']";
  for (const box of document.querySelectorAll(boxes)) {
    if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
  }
});
