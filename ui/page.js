/* What the browser does by itself: input methods, a draft that survives a reload, the phone's tabs,
   tick boxes of the table, the wide workbench. No data is sent from here. */
(() => {
  const composing = (event) => event.isComposing || event.keyCode === 229;
  const columns = () => document.querySelector("#columns");
  const box = () => document.querySelector("#composer textarea");
  const busy = () => document.querySelector("#composer .stop-button");
  const DRAFT = "tunepath-draft";

  // Enter that ends a word of an input method must not send.
  for (const kind of ["keydown", "keypress"]) {
    document.addEventListener(kind, (event) => {
      if (event.key !== "Enter") return;
      if (composing(event)) event.stopImmediatePropagation();
      else if (!event.shiftKey && event.target === box() && busy()) {
        event.preventDefault();  // a turn is under way: the words wait in the box
        event.stopImmediatePropagation();
      }
    }, true);
  }

  // A phone's keyboard makes the page smaller instead of covering the box.
  const viewport = document.querySelector("meta[name=viewport]");
  if (viewport) viewport.content += ", interactive-widget=resizes-content";

  const put = (field, text) => {
    const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value");
    own.set.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // A draft is kept in this tab only.
  document.addEventListener("input", (event) => {
    if (event.target.matches("#composer textarea")) sessionStorage.setItem(DRAFT, event.target.value);
    if (event.target === rows()) tickAgain();
  });
  const restore = () => {
    const draft = sessionStorage.getItem(DRAFT);
    if (draft && box() && !box().value) put(box(), draft);
  };
  const forget = () => {
    if (box() && !box().value) sessionStorage.removeItem(DRAFT);
  };

  // Tabs on the phone; the one that is away carries a mark when something changed in it.
  const show = (tab) => {
    columns().dataset.tab = tab;
    for (const button of document.querySelectorAll("#tabs [data-tab]")) {
      const open = button.dataset.tab === tab;
      button.setAttribute("aria-selected", String(open));
      if (open) button.classList.remove("news");
    }
  };
  const news = (tab) => {
    const button = document.querySelector(`#tabs [data-tab=${tab}]`);
    if (button && columns().dataset.tab !== tab) button.classList.add("news");
  };

  const rows = () => document.querySelector("#row-ids textarea, #row-ids input");
  const ticked = (tick) => {
    const field = rows();
    if (!field) return;
    const ids = new Set(field.value.split(/[,，\s]+/).filter(Boolean));
    tick.checked ? ids.add(tick.dataset.row) : ids.delete(tick.dataset.row);
    put(field, [...ids].join(", "));
  };
  // The table is drawn anew now and then; its ticks follow the numbers in the field.
  const tickAgain = () => {
    const parts = (rows()?.value || "").match(/\d+(-\d+)?/g) || [];
    const spans = parts.map((part) => part.split("-").map(Number));
    for (const tick of document.querySelectorAll("[data-row]")) {
      const id = Number(tick.dataset.row);
      tick.checked = spans.some(([first, last = first]) => first <= id && id <= last);
    }
  };

  document.addEventListener("click", (event) => {
    const tab = event.target.closest("#tabs [data-tab]");
    if (tab) show(tab.dataset.tab);
    const widen = event.target.closest("[data-widen]");
    if (widen) {
      const wide = columns().toggleAttribute("data-wide");
      widen.textContent = wide ? widen.dataset.narrow : widen.dataset.wide;
    }
    if (matchMedia("(max-width: 720px)").matches) {
      if (event.target.closest(".tp-step")) show("bench");
      if (event.target.closest(".tp-map-step")) show("chat");  // where the step is explained
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-row]")) ticked(event.target);
  });

  const watch = () => {
    const chat = document.querySelector("#chat"), bench = document.querySelector("#bench");
    if (!chat || !bench || !document.querySelector("#tabs [data-tab]") || !box()) {
      return setTimeout(watch, 150);
    }
    show(columns().dataset.tab || "chat");
    restore();
    setTimeout(() => {
      const look = (place, tab) => new MutationObserver(() => { news(tab); forget(); tickAgain(); })
        .observe(place, { childList: true, subtree: true, characterData: true });
      look(chat, "chat");
      look(bench, "bench");
    }, 2500);
    new MutationObserver(() => {
      const list = document.querySelector("#tabs [role=tablist]");
      if (!list) return;
      document.documentElement.lang = list.lang === "zh" ? "zh-CN" : "en";
      if (!document.querySelector("#tabs [aria-selected]")) show(columns().dataset.tab);
    }).observe(document.querySelector("#tabs"), { childList: true, subtree: true });
    const list = document.querySelector("#tabs [role=tablist]");
    document.documentElement.lang = list.lang === "zh" ? "zh-CN" : "en";
  };
  document.addEventListener("DOMContentLoaded", watch);
  if (document.readyState !== "loading") watch();
})();
