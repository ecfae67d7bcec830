#!/usr/bin/env node
import '../dist/store-main.js';
