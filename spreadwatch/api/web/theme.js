// Runs before the first paint, so that a chosen theme never flashes the other one.
"use strict";
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: light)");
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // A browser without storage follows the system.
  }
  const now = () => (chosen === "light" || chosen === "dark" ? chosen : system.matches ? "light" : "dark");
  const show = () => {
    root.dataset.theme = now();
    const button = document.getElementById("theme");
    if (button) button.textContent = now() === "dark" ? "Light" : "Dark";
    dispatchEvent(new Event("theme"));
  };
  system.addEventListener("change", show);
  document.addEventListener("DOMContentLoaded", () => {
    show();
    document.getElementById("theme").addEventListener("click", () => {
      chosen = now() === "dark" ? "light" : "dark";
      try {
        localStorage.setItem("theme", chosen);
      } catch {
        // Then it holds until the page is closed.
      }
      show();
    });
  });
  show();
})();
