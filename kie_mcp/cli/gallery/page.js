"use strict";
(() => {
  const search = document.getElementById("search"), none = document.getElementById("none");
  const buttons = [...document.querySelectorAll("#filters button")];
  const cards = [...document.querySelectorAll(".card")].map((card) => ({ card, family: card.dataset.family, words: card.textContent.toLowerCase() }));

  function choose() { // every word has to be in it, and its kind has to be one of those pressed, if any is
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const families = buttons.filter((one) => one.getAttribute("aria-pressed") === "true").map((one) => one.dataset.family);
    let shown = 0;
    for (const { card, family, words } of cards) {
      card.hidden = (families.length && !families.includes(family)) || !wanted.every((word) => words.includes(word));
      shown += !card.hidden;
    }
    none.hidden = shown > 0;
  }

  function replace(image) { // one that no browser can show, such as a damaged one: its link stays
    image.parentNode.classList.add("place");
    image.replaceWith("It cannot be shown here.");
  }

  for (const one of document.images) if (one.complete && one.currentSrc && !one.naturalWidth) replace(one);
  document.addEventListener("error", ({ target }) => { if (target instanceof HTMLImageElement) replace(target); }, true);
  search.addEventListener("input", choose);
  for (const one of buttons) one.addEventListener("click", () => {
    one.setAttribute("aria-pressed", String(one.getAttribute("aria-pressed") !== "true"));
    choose();
  });
  document.addEventListener("click", ({ target }) => { // all of a long text
    if (target.classList.contains("text") && !String(getSelection())) target.classList.toggle("open");
  });
  document.addEventListener("play", ({ target }) => { // one player at a time
    for (const other of document.querySelectorAll("audio, video")) if (other !== target) other.pause();
  }, true);
})();
