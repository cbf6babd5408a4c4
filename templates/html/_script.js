(function () {
  "use strict";
  var root = document.documentElement;
  var box = document.getElementById("search");
  var none = document.getElementById("none-found");
  var items = Array.prototype.map.call(document.querySelectorAll("[data-search]"), function (element) {
    return { element: element, text: element.getAttribute("data-search").toLowerCase() };
  });

  function stored(value) {
    try {
      if (value) { localStorage.setItem("devgen-theme", value); }
      return localStorage.getItem("devgen-theme");
    } catch (error) { return null; }
  }
  function dark() {
    var theme = root.getAttribute("data-theme");
    return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
  if (stored()) { root.setAttribute("data-theme", stored()); }
  document.getElementById("theme").addEventListener("click", function () {
    var theme = dark() ? "light" : "dark";
    root.setAttribute("data-theme", theme);
    stored(theme);
  });

  function search() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    var found = 0;
    items.forEach(function (item) {
      var shown = words.every(function (word) { return item.text.indexOf(word) >= 0; });
      item.element.hidden = !shown;
      found += shown;
    });
    root.classList.toggle("searching", words.length > 0);
    none.hidden = found > 0 || items.length === 0;
  }
  box.addEventListener("input", search);
  addEventListener("keydown", function (event) {
    if (event.key === "/" && document.activeElement !== box) { event.preventDefault(); box.focus(); }
    if (event.key === "Escape" && document.activeElement === box) { box.value = ""; search(); box.blur(); }
  });
  addEventListener("hashchange", function () {
    var target = document.getElementById(location.hash.slice(1));
    if (target && target.hidden) { box.value = ""; search(); target.scrollIntoView(); }
  });
  var list = document.querySelector("nav.side details");
  if (list && matchMedia("(max-width: 59.99rem)").matches) { list.open = false; }
  search();
})();
